import type { AlertKind, Telling } from "../../domain/AlertKind.ts"
import type { Level } from "../../domain/Message.ts"
import type { Settings } from "../../domain/Settings.ts"

interface Kind {
  readonly level: Level
  /** It tells of something that happened, so it is not told again while nothing new happens. */
  readonly once?: true
  /** What follows from it. */
  readonly follows?: string
  /**
   * What is said when it is over, behind the bug or provider that it is about. Without it nothing is: the message told of
   * something that happened once.
   */
  readonly over?: string
}

const NO_DISPATCH = "No bug is dispatched until this is mended."
const NEXT_PROVIDER = "The next provider of the chain takes its bugs."

/** What the alerts of each kind have in common. */
export const KINDS: Readonly<Record<AlertKind, Kind>> = {
  paused: { level: "warning", follows: "No bug is dispatched until somebody resumes.", over: "runs dispatch again" },
  budget: { level: "warning", follows: "No more job begins in this night.", over: "jobs may begin again" },
  overdue: { level: "bad", follows: "No bug is dispatched until one comes.", over: "a run has come" },
  missed: { level: "warning", once: true, follows: "The bugs waited for the run after it." },
  hung: {
    level: "bad",
    follows: "The next run settles what it left, unless it still hangs.",
    over: "a later run has ended"
  },
  run_failed: { level: "bad", follows: NO_DISPATCH, over: "runs end well again" },
  tracker: { level: "bad", follows: NO_DISPATCH, over: "the tracker can be read again" },
  runner: { level: "bad", follows: NO_DISPATCH, over: "the runner answers again" },
  state: { level: "bad", follows: NO_DISPATCH, over: "the journal can be read again" },
  no_provider: { level: "bad", follows: NO_DISPATCH, over: "a provider works again" },
  idle: { level: "bad", follows: "The bugs wait.", over: "a bug was dispatched" },
  streak: { level: "bad", follows: "It will not pass by itself.", over: "runs do not fail like that any more" },
  claim: { level: "warning", follows: "No run takes the bug until then.", over: "has no stray claim any more" },
  malformed: { level: "warning", follows: "No run takes it until then.", over: "can be read again" },
  notice: { level: "warning", once: true },
  job_stalled: {
    level: "warning",
    follows: "It is ended when its time is over.",
    over: "has no job that hangs any more"
  },
  job_unknown: {
    level: "warning",
    follows: "Its claim stays until somebody can tell.",
    over: "has no job in doubt any more"
  },
  dispatch_failed: {
    level: "warning",
    once: true,
    follows: "Its claim was released; a later run tries it again.",
    over: "was dispatched"
  },
  fallback: { level: "warning", follows: NEXT_PROVIDER, over: "takes jobs again" },
  probation: { level: "warning", follows: "It is tried last, one job at a time.", over: "works again" },
  gave_up: {
    level: "warning",
    follows: "No run takes the bug until you type one of these.",
    over: "is not given up any more"
  },
  job_failed: {
    level: "warning",
    once: true,
    follows: "A later run tries it again, with another provider first.",
    over: "was done by a later job"
  },
  job_lost: { level: "warning", once: true, follows: "A later run tries it again.", over: "was done by a later job" },
  unverified: {
    level: "warning",
    once: true,
    follows: "Its work is on its branch.",
    over: "was done by a later job"
  },
  needs_human: {
    level: "warning",
    follows: "Other providers take the work; this one is tried again after longer and longer waits.",
    over: "needs you no more"
  },
  unchanged: {
    level: "warning",
    once: true,
    follows: "It stays so until something changes.",
    over: "has moved"
  },
  overload: {
    level: "warning",
    follows: "A run dispatches one bug only, in case they have one cause.",
    over: "as few bugs wait as usual"
  },
  host_unseen: {
    level: "warning",
    follows: "The other hosts go on; what it holds stays until its time is over or it is evicted.",
    over: "was seen again"
  },
  host_holds: { level: "warning", follows: "No run takes the bug until it is settled." },
  review: { level: "warning", follows: "No run takes the bug until then.", over: "was reviewed" },
  digest: { level: "info" },
  test: { level: "info" }
}

const FAILURES: ReadonlySet<AlertKind> = new Set(["dispatch_failed", "job_failed", "job_lost", "unverified"])

/** When alerts of a kind are told, by the settings: those by kind come first. */
export const tellingOf = (
  kind: AlertKind,
  { kinds, onFailure, onFallback, onNoProvider }: Settings["alerts"]
): Telling => {
  const isOn =
    kind === "fallback" ? onFallback : kind === "no_provider" ? onNoProvider : FAILURES.has(kind) ? onFailure : true
  return kinds[kind] ?? (isOn ? "now" : "off")
}
