import { Clock, Duration, Effect, Option } from "effect"
import * as fs from "node:fs/promises"
import { digest } from "../../domain/digest.ts"
import { WorkspaceFailed } from "../../domain/Failure.ts"
import { withinGraceIfInterrupted } from "../../domain/interruption.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import type { ProcessIdentity } from "../../domain/ProcessIdentity.ts"
import type { Repository } from "../../domain/Repository.ts"
import type { Exec } from "../../exec/Exec.ts"
import { messageOf } from "../../exec/causes.ts"
import { entryAt } from "../../exec/ownFiles.ts"
import { gitFailed } from "./failure.ts"
import { branchTip } from "./worktree.ts"
import { removeEmpty, type WorktreeTools } from "./worktreeDirectory.ts"
import { obstructed } from "./worktreeRoot.ts"

/** No bug's id begins with a plus sign. */
const PREFIX = "+check-"
const NAME = /^\+check-([0-9a-f]{8})-(\d+)-([0-9a-f]{8})$/

const short = (text: string): string => digest(text).slice(0, 8)

/** The name of a process's trial. It tells other processes whether that one still runs. */
const nameOf = ({ boot, machine, namespace, pid, startedAt }: ProcessIdentity): string =>
  `${PREFIX}${short(`${boot} ${namespace ?? ""} ${machine ?? ""}`)}-${pid}-${short(startedAt)}`

/** For a process that cannot read the process table. */
const UNNAMED = `${PREFIX}${"0".repeat(8)}-${process.pid}-${"0".repeat(8)}`

/** A trial takes at most a few minutes. */
const ABANDONED_AFTER = Duration.hours(1)

/** Pathspecs of git: the files of git-lfs, and those of any filter. */
const GIT_LFS = ":(attr:filter=lfs)"
const ANY_FILTER = ":(exclude,attr:!filter)"

/** Two trials of one process have the same name. */
const exclusive = keyedMutex<string>()

/** Makes and removes trial worktrees of one repository. */
const makeTrials = (tools: WorktreeTools, exec: Exec["Type"], repository: Repository) => {
  const { branchOf, directories, git, root } = tools
  const clone = repository.path

  /** Removes everything of a trial, however far it came. It holds no work, because no agent ever worked in it. */
  const clear = Effect.fnUntraced(function* (name: string) {
    const { parent, real } = yield* directories.locate(name, repository)
    yield* Effect.tryPromise({
      try: () => fs.rm(real, { recursive: true, force: true }),
      catch: (cause) => obstructed(messageOf(cause))
    })
    yield* git.run(clone, ["worktree", "remove", "--force", "--force", real])
    const branch = branchOf(name)
    if ((yield* branchTip(git, clone, branch)) !== undefined) yield* git.read(clone, ["branch", "-D", "--", branch])
    yield* removeEmpty(parent)
  })

  const clearOrWarn = (name: string) =>
    Effect.catchAll(clear(name), ({ advice }) =>
      Effect.logWarning(`trial worktree ${name} below ${root.path} stays: ${advice}. The next run removes it`)
    )

  /** The trials of this repository that are on the disk or in git. */
  const found = Effect.gen(function* () {
    const names = yield* Effect.tryPromise(() => fs.readdir(root.path)).pipe(
      Effect.orElseSucceed((): ReadonlyArray<string> => [])
    )
    const format = "--format=%(refname:lstrip=2)"
    const branches = yield* git.read(clone, ["for-each-ref", format, `refs/heads/${branchOf(PREFIX)}*`])
    const all = [...names, ...branches.split("\n").map((branch) => branch.slice(branchOf("").length))]
    return [...new Set(all)].filter((name) => NAME.test(name))
  })

  /** Whether the process of a trial has ended. Where its process cannot be looked up, its age decides. */
  const isLeftover = Effect.fnUntraced(function* (name: string, own: string) {
    const [, place, pid] = NAME.exec(name) ?? []
    if (name === own) return true
    if (own !== UNNAMED && own.startsWith(`${PREFIX}${place}-`)) {
      const now = yield* Effect.option(exec.identify(Number(pid)))
      return Option.isSome(now) && (now.value === undefined || nameOf(now.value) !== name)
    }
    const [entry, now] = yield* Effect.all([
      Effect.orElseSucceed(entryAt(`${root.path}/${name}`), () => undefined),
      Clock.currentTimeMillis
    ])
    return entry === undefined || now - entry.mtimeMs > Duration.toMillis(ABANDONED_AFTER)
  })

  const make = Effect.fnUntraced(function* (name: string, base: string) {
    const location = yield* directories.prepare(name, repository)
    yield* directories.create(location)
    const { real } = location
    yield* git.read(clone, ["worktree", "add", "--no-track", "--no-checkout", "-B", branchOf(name), real, base])
    yield* git.read(real, ["read-tree", "HEAD"])
    // One file of each kind is enough: to check out a large repository takes minutes.
    const files = yield* Effect.forEach([GIT_LFS, ANY_FILTER, "."], (pathspec) => firstFile(real, pathspec), {
      concurrency: "unbounded"
    })
    const [[inLfs] = []] = files
    if (inLfs !== undefined) yield* requireLfs(real, inLfs)
    const sample = [...new Set(files.flat())]
    if (sample.length > 0) yield* git.read(real, ["checkout-index", "--", ...sample])
  })

  /** Without any settings of git-lfs, git says nothing and leaves a pointer in the place of each file. */
  const requireLfs = Effect.fnUntraced(function* (real: string, file: string) {
    const settings = ["config", "--get-regexp", "^filter\\.lfs\\.(smudge|process)$"]
    if ((yield* git.run(real, settings)).stdout !== "") return
    return yield* new WorkspaceFailed({
      detail: `${file} is kept by git-lfs, which is not set up for this user: agents would get a pointer instead of it`,
      next: "Install git-lfs and run: git lfs install. To work with pointers: git config --global filter.lfs.smudge cat",
      kind: "filter_missing",
      blame: "config"
    })
  })

  /** The first file that the pathspec selects. Empty if there is none, or if the list is too long for the limits of one call. */
  const firstFile = (real: string, pathspec: string) =>
    git.run(real, ["ls-files", "-z", "--", pathspec]).pipe(
      Effect.filterOrElse(({ exitCode }) => exitCode === 0, gitFailed),
      Effect.map(({ stdout }) => stdout.split("\0", 1).filter((file) => file !== "")),
      Effect.catchIf(
        ({ kind }) => kind === "timeout",
        (): Effect.Effect<ReadonlyArray<string>> => Effect.succeed([])
      )
    )

  return { found, isLeftover, make, clearOrWarn }
}

/** The failure of a trial. Every bug would meet it, so no bug is suspected. */
const ofEveryBug =
  (clone: string) =>
  ({ blame, detail, kind, next }: WorkspaceFailed) =>
    new WorkspaceFailed({
      detail: `no worktree can be made from ${clone}: ${detail}`,
      next,
      kind,
      blame: blame === "issue" ? "host" : blame
    })

/**
 * Makes a worktree on a branch of its own from the commit `base`, where the bugs' worktrees will be, checks out one file of each
 * filter, and removes all of it again, also on an interruption. Removes what the trial of a killed process left. Fails with the blame `host` or `config`: then no
 * bug would get a worktree. Leaves nothing, also no root that was missing.
 *
 * @example
 * yield* tryWorktree(tools, exec, repository, yield* localBase(git, repository))
 */
export const tryWorktree = Effect.fn("Workspaces.trial")(function* (
  tools: WorktreeTools,
  exec: Exec["Type"],
  repository: Repository,
  base: string
) {
  const { found, isLeftover, make, clearOrWarn } = makeTrials(tools, exec, repository)
  const self = yield* Effect.option(exec.identify(process.pid))
  const name = Option.isSome(self) && self.value !== undefined ? nameOf(self.value) : UNNAMED
  const trial = Effect.gen(function* () {
    const left = yield* Effect.filter(yield* found, (each) => isLeftover(each, name))
    yield* Effect.forEach(left, clearOrWarn, { discard: true })
    const missing = yield* tools.root.missing
    yield* Effect.onExit(make(name, base), (exit) =>
      Effect.zipRight(withinGraceIfInterrupted(exit)(clearOrWarn(name)), removeEmpty(...missing))
    )
  })
  yield* trial.pipe(exclusive(`${repository.path} ${tools.root.path}`), Effect.mapError(ofEveryBug(repository.path)))
})
