import { matrix, settles } from "./judge/matrix.ts"

// A file of its own, so that both halves of the matrix are played at the same time.
matrix("lock, journal, settling and alerts", settles)
