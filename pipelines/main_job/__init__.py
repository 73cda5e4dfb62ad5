"""The main job: its arguments, plan, graph, runners and reports."""
