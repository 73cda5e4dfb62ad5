"""One self-contained HTML page per input that shows what was measured, and an index of all pages.

No server and no network: pictures, styles and scripts are within the page. It reads without
scripts; with them, its timelines can be zoomed. These are drawn by uPlot (MIT licence, see
``assets``).
"""
