"""Formulas as MathML, which browsers draw by themselves: no script, no font, no network."""

from docutils.utils.math import latex2mathml


def _inline(self, node):
    self.body.append(latex2mathml.tex2mathml(node.astext(), as_block=False))


def _block(self, node):
    formula = latex2mathml.tex2mathml(node.astext(), as_block=True)
    self.body.append(f'<div class="math">{formula}</div>')


def _visit(write):
    def visit(self, node):
        from docutils import nodes

        write(self, node)
        raise nodes.SkipNode

    return visit


def setup(app):
    app.add_html_math_renderer("mathml", (_visit(_inline), None), (_visit(_block), None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
