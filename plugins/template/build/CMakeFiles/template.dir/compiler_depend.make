# Empty compiler generated dependencies file for template.
# This may be replaced when dependencies are built.
