"""What a dossier looks like: charts, the note, the workbook. Nothing is computed here."""
