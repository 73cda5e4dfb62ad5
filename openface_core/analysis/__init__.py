"""The analysis of videos: frames in, a finished table out. It needs no dataflow framework."""
