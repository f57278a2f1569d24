"""What is judged: findings and the dossier that reports draw. No arithmetic of indicators lives here."""
