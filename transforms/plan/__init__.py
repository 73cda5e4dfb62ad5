"""What a run has to do: inputs, shards, waves, and what an earlier run has finished."""
