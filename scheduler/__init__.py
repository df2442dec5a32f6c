"""When things happen: planning, ticking dispatch, sweeping. What is due is a row, never a job in memory."""
