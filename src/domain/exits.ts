/**
 * The exit codes of the command line. A command that a signal ended exits with 128 plus the signal's number.
 *
 * @example
 * process.exitCode = EXIT.tracker // 4
 */
export const EXIT = {
  ok: 0,
  /** For `claim` and `release`: not done. For `run`: no provider is available. */
  no: 1,
  usage: 2,
  failed: 3,
  /** The tracker could not be read, wholly or for bugs that may be wanted. */
  tracker: 4,
  config: 5,
  state: 6,
  defect: 70
} as const
