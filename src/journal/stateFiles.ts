export const DATABASE = "journal.db"
/** The kernel locks. No other code opens them: see `kernelLock`. */
export const RUN_LOCK = "lock.db"
export const OPEN_LOCK = "open.db"

/** The lock files of earlier versions. Nothing reads them. */
const EARLIER_LOCKS = ["run.lock", "run.lock.takeover", "open.lock", "open.lock.takeover"]

/** The files of the state directory that we and SQLite read and write. */
export const STATE_FILES = [
  DATABASE,
  `${DATABASE}-wal`,
  `${DATABASE}-shm`,
  `${DATABASE}-journal`,
  RUN_LOCK,
  `${RUN_LOCK}.holder`,
  OPEN_LOCK,
  `${OPEN_LOCK}.holder`,
  ...EARLIER_LOCKS,
  "bd.json",
  "first-run"
]

const TEMPORARY = /^(?:(?:(?:run|open)\.lock|(?:lock|open)\.db\.holder|bd\.json|first-run)\.[0-9a-f]{12}|\.bd-.*)$/

/** Whether this version or an earlier one makes an entry of this name in the state directory. */
export const isStateEntry = (name: string): boolean =>
  STATE_FILES.includes(name) || name === "jobs" || TEMPORARY.test(name)
