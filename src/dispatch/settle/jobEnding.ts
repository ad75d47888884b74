import { Duration } from "effect"
import type { Ending } from "../../domain/Attempt.ts"
import type { Blame } from "../../domain/Blame.ts"
import type { Job } from "../../domain/Job.ts"
import { oneLine } from "../../domain/Text.ts"

/** A job in words: its provider, its exit code and the runner's reason, as far as they are known, each once. */
export const describeJob = ({ exitCode, provider, reason }: Job): string =>
  [
    provider,
    ...(exitCode === undefined ? [] : [`exit ${exitCode}`]),
    ...(reason === undefined || reason === `exit code ${exitCode}` ? [] : [reason])
  ].join(", ")

/** An agent that works on a bug takes longer. One that ends sooner, and has changed nothing, has not begun. */
const TOO_SHORT = Duration.seconds(20)

const wasTooShort = ({ endedAt, startedAt }: Job): boolean => {
  const took = endedAt === undefined || startedAt === undefined ? undefined : endedAt - startedAt
  return took !== undefined && took >= 0 && took < Duration.toMillis(TOO_SHORT)
}

/** How an attempt ended whose job is over. */
export interface JobEnding {
  readonly ending: Ending
  /** The same if the job left no work: only then its log and its length count against its provider. */
  readonly withoutWork: Ending
}

const either = (ending: Ending): JobEnding => ({ ending, withoutWork: ending })

/** Whose fault the end proves, and until when its provider is limited. */
const proved = ({ fault: blame, freeAt }: Job): Pick<Ending, "blame" | "freeAt"> =>
  blame === undefined ? {} : { blame, ...(blame === "provider" && freeAt !== undefined ? { freeAt } : {}) }

/** The ending of a job whose agent needs a person. It blames neither bug nor provider, and its words tell the person what to do. */
const needing = ({ needs }: Job, detail: string): Ending | undefined => needs && { end: "needs_human", needs, detail }

const saidBy = ({ words }: Job): string => (words === undefined ? "" : `: ${oneLine(words)}`)

/** What the job used, as its agent says. */
export const usedBy = ({ usage }: Job): Pick<Ending, "usage"> => (usage === undefined ? {} : { usage })

/** What the job made elsewhere. */
const madeBy = ({ result }: Job): Pick<Ending, "result"> => (result === undefined ? {} : { result })

/** The ending of a job that was stopped because it ran too long: an agent that waits for a person is no fault of the bug. */
export const withEndOfLog = (ending: Ending, job: Job): Ending => {
  const [detail, { durationMs }] = [`${ending.detail}${saidBy(job)}`, ending]
  const needed = needing(job, detail)
  const known = needed === undefined ? { ...ending, ...proved(job), detail } : { ...needed, durationMs }
  return { ...known, ...usedBy(job) }
}

/** How an attempt ended whose job is over. Blames the bug unless the end of the job proves another's fault. */
export const endingOfJob = (job: Job): JobEnding => {
  const said = saidBy(job)
  const about = `(${describeJob(job)})`
  const short: Blame = wasTooShort(job) ? "provider" : "issue"
  const unchanged: Ending =
    needing(job, `the job ended well, but could not work ${about}${said}`) ??
    (job.fault === undefined
      ? { end: "no_op", blame: short, detail: `the job ended well and changed nothing ${about}${said}` }
      : { end: "failed", ...proved(job), detail: `the job ended well, but could not work ${about}${said}` })
  switch (job.phase) {
    case "succeeded":
      return {
        ending: { end: "succeeded", detail: `the job ended well ${about}`, ...madeBy(job) },
        withoutWork: unchanged
      }
    case "no_op":
      return either(unchanged)
    case "failed": {
      const failed = { end: "failed", detail: `the job failed ${about}${said}` } as const
      const needed = needing(job, failed.detail)
      if (needed !== undefined) return either(needed)
      return {
        ending: { ...failed, blame: "issue", ...proved(job) },
        withoutWork: { ...failed, blame: short, ...proved(job) }
      }
    }
    case "stalled":
      return either({ end: "stalled", blame: "issue", detail: `the job hung ${about}${said}` })
    case "stopped":
      return either({ end: "stopped", blame: "runner", detail: `the job was stopped ${about}${said}` })
    case "gone":
    case "running":
    case "starting":
    case "unknown":
      return either({
        end: "lost",
        blame: "runner",
        detail: `the job is gone, and its result is unknown ${about}${said}`
      })
  }
}
