"""Reports of a stored result: workbook, board paper, slides and tables with their metadata."""
