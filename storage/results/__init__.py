"""Results: :mod:`.files` makes a file durable, :mod:`.store` knows where pictures lie, :mod:`.recovery` tidies up."""
