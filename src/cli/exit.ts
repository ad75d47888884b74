import type { Teardown } from "@effect/platform/Runtime"
import { Data, Exit } from "effect"
import { oneLine } from "../domain/Text.ts"
import { EXIT } from "../domain/exits.ts"
import { explained, type Explanation } from "../domain/Explanation.ts"
import type { JournalFailed, TrackerFailed, WorkspaceFailed } from "../domain/Failure.ts"
import type { DemoFailed, GitMissing } from "../demo/failures.ts"
import { reasonOf } from "../exec/causes.ts"
import type { NotDecided } from "../dispatch/review/decidable.ts"
import type { OtherTracker } from "../journal/identity.ts"
import type { NoLog } from "../report/logs/findLog.ts"
import type { UnknownBug } from "../report/lookup/UnknownBug.ts"
import type { CrontabMissing } from "../report/schedule/readCrontab.ts"
import type { PageNotDrawn } from "./htmlRenderer.ts"
import type { ConfigInvalid } from "../settings/problems.ts"

/** `nightly-dispatch` without a command. */
export class CommandMissing extends Data.TaggedError("CommandMissing") {
  readonly what = "no command given"
  readonly next = "For the night's work: nightly-dispatch run. All commands: nightly-dispatch --help"
  override readonly message = explained(this)
}

/** Options that make no sense together, or not here. */
export class WrongUsage extends Data.TaggedError("WrongUsage")<Explanation> {
  override get message(): string {
    return explained(this)
  }
}

/** A command has not done what it was asked for, e.g. because another actor holds the issue. */
export class NotDone extends Data.TaggedError("NotDone")<Explanation> {
  override get message(): string {
    return explained(this)
  }
}

/**
 * A command has not done what it was asked for, because something that it needs failed.
 *
 * @example
 * Effect.mapError(beads.claim(id, actor), notDone("not claimed", id))
 */
export const notDone =
  (what: string, where?: string) =>
  (why: Explanation | { readonly message: string }): NotDone =>
    "what" in why
      ? new NotDone({ where, what: `${what}: ${explained({ what: why.what, where: why.where })}`, next: why.next })
      : new NotDone({ where, what: `${what}: ${oneLine(reasonOf(why))}` })

/** Every failure that a command may end with, except those of the parser. Each is an `Explanation`. */
export type CommandFailure =
  | CommandMissing
  | ConfigInvalid
  | CrontabMissing
  | DemoFailed
  | GitMissing
  | JournalFailed
  | NoLog
  | NotDecided
  | NotDone
  | OtherTracker
  | PageNotDrawn
  | TrackerFailed
  | UnknownBug
  | WorkspaceFailed
  | WrongUsage

/** The exit code of each failure. */
export const EXIT_OF: { readonly [Tag in CommandFailure["_tag"]]: number } = {
  CommandMissing: EXIT.usage,
  ConfigInvalid: EXIT.config,
  CrontabMissing: EXIT.config,
  DemoFailed: EXIT.failed,
  GitMissing: EXIT.config,
  JournalFailed: EXIT.state,
  NoLog: EXIT.no,
  NotDecided: EXIT.no,
  NotDone: EXIT.no,
  OtherTracker: EXIT.config,
  // The installation lacks a file, or has one of another version.
  PageNotDrawn: EXIT.defect,
  TrackerFailed: EXIT.tracker,
  UnknownBug: EXIT.no,
  // Reaches a command only for the repository of the settings; a failure of a bug's worktree is that bug's outcome.
  WorkspaceFailed: EXIT.config,
  WrongUsage: EXIT.usage
}

/** The exit code that a shell gives a program that this signal ended. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
export type Signal = keyof typeof SIGNAL_EXIT

/** The exit code of the process: the command's, or that of the first signal that was received. */
export const teardown =
  (signal: () => Signal | undefined): Teardown =>
  (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(typeof exit.value === "number" ? exit.value : EXIT.ok)
    const received = signal() ?? (Exit.isInterrupted(exit) ? "SIGINT" : undefined)
    onExit(received === undefined ? EXIT.defect : SIGNAL_EXIT[received])
  }
