# Empty custom commands generated dependencies file for plugins.
# This may be replaced when dependencies are built.
