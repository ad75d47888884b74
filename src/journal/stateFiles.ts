export const DATABASE = "journal.db"
/** The kernel locks. No other code opens them: see `kernelLock`. */
export const RUN_LOCK = "lock.db"
export const OPEN_LOCK = "open.db"
export const WATCH_LOCK = "watch.db"
/** What the watcher logs. The older part is moved away when it is large. */
export const WATCH_LOG = "watch.log"
/** What the metrics have counted, and the lock of those who count. */
export const METRICS = "metrics.json"
export const METRICS_LOCK = "metrics.db"
/** What was told of runs that could not begin: there is no journal to keep it. */
export const NOT_BEGUN = "not-begun.json"
/** The crontab as it was before `cron install` or `cron remove` last changed it. */
export const CRONTAB_BACKUP = "crontab.bak"
/** When the first run began. */
export const FIRST_RUN = "first-run"
/** Who the dispatcher of this directory is, and which tracker it serves. */
export const IDENTITY = "identity.json"

/** The worktrees of bugs, unless the settings or the runner want them elsewhere. */
export const WORKTREES = "worktrees"

/** Where the repositories are registered that this user works on, inside the directory that is the default place of all of them. */
export const REPOSITORIES = "repositories"

/** The beginning of the name of a directory in which doctor tries a lock, and which it removes. */
export const LOCK_CHECK = ".lock-check-"

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
  WATCH_LOCK,
  `${WATCH_LOCK}.holder`,
  METRICS,
  METRICS_LOCK,
  `${METRICS_LOCK}.holder`,
  WATCH_LOG,
  `${WATCH_LOG}.1`,
  ...EARLIER_LOCKS,
  "bd.json",
  IDENTITY,
  NOT_BEGUN,
  CRONTAB_BACKUP,
  FIRST_RUN
]

const TEMPORARY =
  /^(?:(?:(?:run|open)\.lock|(?:lock|open|watch|metrics)\.db\.holder|bd\.json|metrics\.json|identity\.json|not-begun\.json|crontab\.bak|first-run)\.[0-9a-f]{12}|\.(?:bd|trial|lock-check)-.*)$/

/** The state directory of one tracker, inside the directory that is the default place of all of them. */
const OF_ONE_TRACKER = /^[A-Za-z0-9._-]{1,64}-[0-9a-f]{12}$/

/** Directories of the state directory. */
const STATE_DIRECTORIES: ReadonlySet<string> = new Set(["jobs", WORKTREES, REPOSITORIES])

/** Whether this version or an earlier one makes an entry of this name in the state directory. */
export const isStateEntry = (name: string): boolean =>
  STATE_FILES.includes(name) || STATE_DIRECTORIES.has(name) || TEMPORARY.test(name) || OF_ONE_TRACKER.test(name)
