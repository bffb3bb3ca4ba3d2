"""What people decide: approving, choosing, holding, undoing, trying again."""
