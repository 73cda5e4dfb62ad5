"""Short clips of an animated face with a known script, made from a public-domain photograph.

:mod:`~pipelines.demo_corpus.script` says what happens in them;
:func:`~pipelines.demo_corpus.corpus.write_corpus` makes them;
:func:`~pipelines.demo_corpus.measurement.measure_corpus` compares with it what was measured.
"""
