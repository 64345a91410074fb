"""Networks: from the notation to plain torch modules, and what can be said about them."""
