/* graph_html.c: one page that needs nothing else: the graph before and after, the kernels, a search, what is known of a box. */
#include "graph_picture.h"

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
						   "<meta http-equiv=\"Content-Security-Policy\"\n"
						   " content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n";

static const char style[] =
	"<style>\n"
	"*{box-sizing:border-box}html,body{height:100%;margin:0}\n"
	"body{font:13px system-ui,sans-serif;color:#222;display:flex;flex-direction:column}\n"
	"header{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:6px 10px;border-bottom:1px solid #ccc}\n"
	"header b{font-size:15px}header input{width:18em}button{cursor:pointer}button.on{background:#333;color:#fff}\n"
	"main{flex:1;display:flex;min-height:0}\n"
	".pane{flex:1;overflow:auto;min-width:0;border-right:1px solid #ccc}\n"
	".pane h2{font-size:13px;margin:6px 10px;position:sticky;left:10px}\n"
	"main.one .pane{display:none}main.one .pane.on{display:block}\n"
	"aside{width:27em;overflow:auto;padding:0 10px}\n"
	"aside pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:6px;margin:4px 0}\n"
	"#facts{min-height:11em}table{border-collapse:collapse;width:100%;font-size:12px}th{text-align:left}\n"
	"td{border-top:1px solid #ddd;padding:2px 4px;vertical-align:top}td.n{text-align:right;white-space:nowrap}\n"
	"tbody tr{cursor:pointer}tr.on{outline:2px solid #333}\n"
	".mark{display:inline-block;width:10px;height:10px;border:1px solid #888}\n"
	".some .box,.some .edge{opacity:.15}.some .box.hit,.some .edge.hit{opacity:1}\n"
	".box.hit rect{stroke:#000!important;stroke-width:2}\n"
	"</style>\n";

/* A hit is a box of the kernel that was clicked, or one whose facts hold the word searched for; the others fade. */
static const char script[] =
	"<script>\n"
	"'use strict';\n"
	"const all=(s)=>[...document.querySelectorAll(s)], one=(s)=>document.querySelector(s);\n"
	"let hits=[], at=-1;\n"
	"function mark(chosen){\n"
	"  all('.hit').forEach(e=>e.classList.remove('hit'));\n"
	"  all('.pane').forEach(e=>e.classList.toggle('some',chosen!==null));\n"
	"  hits=chosen||[]; at=-1; hits.forEach(e=>e.classList.add('hit'));\n"
	"}\n"
	"function next(){\n"
	"  const seen=hits.filter(e=>e.matches('.box')&&e.closest('.pane').offsetParent);\n"
	"  if(!seen.length)return;\n"
	"  at=(at+1)%seen.length;\n"
	"  show(seen[at]);\n"
	"  seen[at].scrollIntoView({block:'center',inline:'center'});\n"
	"}\n"
	"function show(box){one('#facts').textContent=box.querySelector('title').textContent;}\n"
	"function search(){\n"
	"  const word=one('#word').value.toLowerCase();\n"
	"  all('tr.on').forEach(e=>e.classList.remove('on'));\n"
	"  mark(word?all('.box').filter(b=>b.textContent.toLowerCase().includes(word)):null);\n"
	"  one('#found').textContent=word?hits.length+' found, Enter goes through them':'';\n"
	"}\n"
	"one('#word').addEventListener('input',search);\n"
	"one('#word').addEventListener('keydown',e=>{if(e.key==='Enter')next();});\n"
	"all('.box').forEach(b=>b.addEventListener('mouseenter',()=>show(b)));\n"
	"all('tbody tr').forEach(r=>r.addEventListener('click',()=>{\n"
	"  const off=r.classList.contains('on');\n"
	"  all('tr.on').forEach(e=>e.classList.remove('on'));\n"
	"  one('#word').value=''; one('#found').textContent='';\n"
	"  if(off){mark(null);return;}\n"
	"  r.classList.add('on'); const k='kernel '+r.dataset.kernel+': ';\n"
	"  mark(all('#after .box').filter(b=>b.querySelector('title').textContent.includes(k))\n"
	"    .concat(all('#after .edge.k'+r.dataset.kernel))); next();\n"
	"}));\n"
	"all('header button[data-show]').forEach(b=>b.addEventListener('click',()=>{\n"
	"  all('header button[data-show]').forEach(e=>e.classList.toggle('on',e===b));\n"
	"  one('main').classList.toggle('one',b.dataset.show!=='both');\n"
	"  all('.pane').forEach(p=>p.classList.toggle('on',p.id===b.dataset.show));\n"
	"}));\n"
	"let scale=1;\n"
	"function zoom(by){\n"
	"  scale=by?Math.min(4,Math.max(.05,scale*by)):1;\n"
	"  all('svg.graph').forEach(s=>{\n"
	"    const box=s.viewBox.baseVal;\n"
	"    s.setAttribute('width',box.width*scale);s.setAttribute('height',box.height*scale);\n"
	"  });\n"
	"}\n"
	"all('header button[data-zoom]').forEach(b=>b.addEventListener('click',()=>zoom(+b.dataset.zoom)));\n"
	"</script>\n";

static void add_header(text *t, const picture *before, const picture *after)
{
	int64_t read = 0, written = 0;
	char r[32], w[32];
	for (int k = 0; k < after->kernel_count; k++) {
		picture_add_bytes(&read, after->kernels[k].read);
		picture_add_bytes(&written, after->kernels[k].written);
	}
	text_add(t, "<header><b>");
	picture_escape(t, before->name);
	text_format(
		t,
		"</b><button data-show=\"both\" class=\"on\">Side by side</button><button data-show=\"before\">Before</button>"
		"<button data-show=\"after\">After</button>"
		"<button data-zoom=\"0.8\">&minus;</button><button data-zoom=\"0\">1:1</button><button "
		"data-zoom=\"1.25\">+</button>"
		"<input id=\"word\" type=\"search\" placeholder=\"operator, name, origin, shape\"><span id=\"found\"></span>"
		"<span>%d kernels, which read %s and write %s",
		after->kernel_count, picture_bytes(read, r), picture_bytes(written, w));
	if (*after->sizes) {
		text_add(t, " at ");
		picture_escape(t, after->sizes);
	}
	text_add(t, "</span></header>\n");
}

static int count_operators(const picture *p)
{
	int count = 0;
	for (int i = 0; i < p->layout.box_count; i++)
		count += p->boxes[i].kind == PICTURE_OPERATOR;
	return count;
}

static void add_pane(text *t, const picture *p, const char *id, const char *title)
{
	text_format(t, "<div class=\"pane\" id=\"%s\"><h2>%s: %d operators</h2>\n", id, title, count_operators(p));
	graph_svg(t, p, false);
	text_add(t, "</div>\n");
}

static void add_kernel(text *t, const picture *p, int k)
{
	const picture_kernel *kernel = &p->kernels[k];
	char colour[8], bytes[32];
	text_format(
		t, "<tr data-kernel=\"%d\"><td class=\"n\"><span class=\"mark\" style=\"background:%s\"></span> %d</td><td>", k,
		picture_colour(k, false, colour), k);
	picture_escape(t, kernel->text);
	text_add(t, kernel->once ? " <i>(once, before the first run)</i></td>" : "</td>");
	text_format(t, "<td class=\"n\">%s</td>", picture_bytes(kernel->read, bytes));
	text_format(t, "<td class=\"n\">%s</td>", picture_bytes(kernel->constants, bytes));
	text_format(t, "<td class=\"n\">%s</td>", picture_bytes(kernel->written, bytes));
	if (kernel->flops < 0)
		text_add(t, "<td class=\"n\">?</td></tr>\n");
	else
		text_format(t, "<td class=\"n\">%.2f</td></tr>\n", (double)kernel->flops * 1e-6);
}

static void add_notes(text *t, const char *title, const char *notes)
{
	if (!*notes)
		return;
	text_format(t, "<details><summary>%s</summary><pre>", title);
	picture_escape(t, notes);
	text_add(t, "</pre></details>\n");
}

static void add_side(text *t, const picture *after, const char *rules, const char *fusion)
{
	text_add(t, "<aside><pre id=\"facts\">Point at a box.</pre>\n"
	            "<table><thead><tr><th>#</th><th>kernel</th><th>reads</th><th>constants</th><th>writes</th>"
	            "<th>MFLOP</th></tr></thead><tbody>\n");
	for (int k = 0; k < after->kernel_count; k++)
		add_kernel(t, after, k);
	text_add(t, "</tbody></table>\n");
	add_notes(t, "Which rules applied, and why others did not", rules);
	add_notes(t, "What was fused, and why other neighbours were not", fusion);
	text_add(t, "</aside>\n");
}

void graph_html(text *t, const picture *before, const picture *after, const char *rules, const char *fusion)
{
	text_add(t, head);
	text_add(t, "<title>");
	picture_escape(t, before->name);
	text_format(t, "</title>\n%s</head><body>\n", style);
	add_header(t, before, after);
	text_add(t, "<main>\n");
	add_pane(t, before, "before", "Before");
	add_pane(t, after, "after", "After");
	add_side(t, after, rules, fusion);
	text_format(t, "</main>\n%s</body></html>\n", script);
}
