export const DATABASE = "journal.db"
export const RUN_LOCK = "run.lock"
export const OPEN_LOCK = "open.lock"

/** The files of the state directory that we and SQLite read and write. */
export const STATE_FILES = [
  DATABASE,
  `${DATABASE}-wal`,
  `${DATABASE}-shm`,
  `${DATABASE}-journal`,
  RUN_LOCK,
  `${RUN_LOCK}.takeover`,
  OPEN_LOCK,
  `${OPEN_LOCK}.takeover`,
  "bd.json",
  "first-run"
]

const TEMPORARY = /^(?:(?:(?:run|open)\.lock|bd\.json|first-run)\.[0-9a-f]{12}|\.bd-.*)$/

/** Whether this version or an earlier one makes an entry of this name in the state directory. */
export const isStateEntry = (name: string): boolean =>
  STATE_FILES.includes(name) || name === "jobs" || TEMPORARY.test(name)
