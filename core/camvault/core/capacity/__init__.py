"""Pure: what fits a medium: budgets, rates, and which bits go to which clip."""
