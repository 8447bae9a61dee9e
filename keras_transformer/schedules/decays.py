DECAYS = ("inverse_sqrt", "linear", "cosine")
