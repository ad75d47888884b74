import { shellWord } from "../../domain/shellWord.ts"

/** The values in the crontab line. All paths are absolute and on one line. */
export interface CrontabInput {
  readonly schedule: string
  readonly bash: string
  /** `dx-job-wrapper.sh`, which keeps state and log of the fleet's jobs; `undefined` if it is not installed. */
  readonly jobWrapper: string | undefined
  readonly script: string
  readonly log: string
  /** The arguments of the script. Default: none, which starts a run. */
  readonly args?: ReadonlyArray<string>
  /** Whether the log's directory exists: cron starts nothing if it cannot open the log. */
  readonly logDirectoryExists: boolean
}

/** Every hour of the night in the United States, in UTC. */
export const NIGHTLY = "0 6-13 * * *"

/**
 * A word of a shell command in a crontab, where a `%` without a backslash before it ends the command. Two quotes stand before
 * `\%`, because cron ignores that backslash if the word itself has another one before it.
 */
const cronWord = (text: string): string => shellWord(text).replaceAll("%", "''\\%")

/** The arguments with which the script starts a shadow run. */
export const SHADOW = ["run", "--shadow"]

/** The directory that a file with this absolute path is in. */
export const directoryOf = (file: string): string => file.slice(0, Math.max(1, file.lastIndexOf("/")))

/** The line for `crontab -e`, in the form of the fleet's other jobs. */
export const crontabLine = (input: CrontabInput): string => {
  const words =
    input.jobWrapper === undefined
      ? [input.bash, input.script]
      : [input.bash, input.jobWrapper, "nightly-dispatch", "--", input.script]
  const prepare = input.logDirectoryExists ? "" : `mkdir -p ${cronWord(directoryOf(input.log))} && `
  return `${input.schedule} ${prepare}${[...words, ...(input.args ?? [])].map(cronWord).join(" ")} >> ${cronWord(input.log)} 2>&1`
}
