import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, Logger } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import type { Repository } from "../../src/domain/Repository.ts"
import { command, endShell } from "../shell.ts"

const home = fs.mkdtempSync(path.join(os.tmpdir(), "nd-home-"))
/** The user's git settings, for tests and layers: those of the person who runs the tests reach neither. */
export const USER_SETTINGS = path.join(home, ".gitconfig")
fs.writeFileSync(USER_SETTINGS, "[user]\n\tname = t\n\temail = t@localhost\n")
process.env["HOME"] = home
delete process.env["XDG_CONFIG_HOME"]
process.once("exit", () => fs.rmSync(home, { recursive: true, force: true }))

export const git = (cwd: string, ...args: ReadonlyArray<string>): string => command(cwd, "git", ...args).trim()

export const commit = (cwd: string, file = "file.txt", text = "x\n"): string => {
  fs.writeFileSync(path.join(cwd, file), text)
  git(cwd, "add", "--all")
  git(cwd, "commit", "--quiet", "--message", `change ${file}`)
  return git(cwd, "rev-parse", "HEAD")
}

export const exists = (file: string): boolean => fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined

/** An empty directory, removed with its scope. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "nd-test-")))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true }))
)

let made: { readonly base: string; readonly first: string; readonly ahead: string } | undefined

/** For `afterAll` of each test file that clones or calls git. Ends the shell, too. */
export const removeTemplate = (): Promise<void> => {
  if (made !== undefined) fs.rmSync(made.base, { recursive: true, force: true })
  made = undefined
  return endShell()
}

/** Made once for a test file and copied for each test: a dozen git processes less each time. */
const template = () => {
  if (made !== undefined) return made
  const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "nd-template-")))
  const seed = path.join(base, "seed")
  git(base, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
  git(base, "clone", "--quiet", path.join(base, "remote.git"), seed)
  git(seed, "checkout", "--quiet", "-b", "main")
  fs.writeFileSync(path.join(seed, ".gitignore"), "ignored/\n")
  const first = commit(seed)
  git(seed, "push", "--quiet", "origin", "main")
  git(base, "clone", "--quiet", path.join(base, "remote.git"), "app")
  for (const repository of ["remote.git", "seed/.git", "app/.git"]) {
    fs.rmSync(path.join(base, repository, "hooks"), { recursive: true })
    // Else each commit, push and fetch starts `git maintenance`.
    fs.appendFileSync(path.join(base, repository, "config"), "[maintenance]\n\tauto = false\n[gc]\n\tauto = 0\n")
  }
  // No branch has it yet.
  const ahead = git(path.join(base, "remote.git"), "commit-tree", "-p", first, "-m", "ahead", `${first}^{tree}`)
  return (made = { base, first, ahead })
}

/**
 * Copies the directory `from` into the empty directory `to`, and replaces the path in those `files` in which git notes it.
 * `cp` takes a tenth of the time of `fs.cpSync`.
 */
const copyTree = (from: string, to: string, files: ReadonlyArray<string>): void => {
  command("/", "cp", "-a", `${from}/.`, to)
  for (const file of files.map((name) => path.join(to, name))) {
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replaceAll(from, to))
  }
}

const CONFIGS = ["app/.git/config", "seed/.git/config"]

const worldIn = (base: string, { ahead, first }: { readonly first: string; readonly ahead: string }) => {
  const repository: Repository = { name: "app", path: path.join(base, "app") }
  return {
    base,
    remote: path.join(base, "remote.git"),
    clone: repository.path,
    first,
    ahead,
    repository,
    root: path.join(base, "agents"),
    other: path.join(base, "seed")
  }
}

export type World = ReturnType<typeof worldIn>

/** A bare remote with a commit on `main`, a clone of it called `app`, and a root for worktrees that does not exist yet. */
export const clonedRepository = Effect.map(directory, (base) => {
  const commits = template()
  copyTree(commits.base, base, CONFIGS)
  return worldIn(base, commits)
})

/** A copy of a world whose clone has the git worktree `<root>/<id>/app`. */
export const copyWithWorktree = (world: World, id: string) =>
  Effect.map(directory, (base) => {
    copyTree(world.base, base, [...CONFIGS, `agents/${id}/app/.git`, "app/.git/worktrees/app/gitdir"])
    return worldIn(base, world)
  })

/** A branch of the remote that is one commit ahead of the clone under test, as after a push. */
export const pushedByOthers = ({ ahead, remote }: World, branch = "main"): string => {
  fs.writeFileSync(path.join(remote, "refs/heads", branch), `${ahead}\n`)
  return ahead
}

/** Commits the files of the other clone and pushes the commit to `main`. */
export const pushFiles = ({ other }: World): void => {
  commit(other, "pushed.txt")
  git(other, "push", "--quiet", "origin", "HEAD:main")
}

/** What `git worktree list` prints: the clone and each listed worktree. Read from git's files, without a process. */
export const worktrees = (clone: string): ReadonlyArray<string> => {
  const entries = path.join(clone, ".git/worktrees")
  const linked = (exists(entries) ? fs.readdirSync(entries) : []).map((name) =>
    path.dirname(fs.readFileSync(path.join(entries, name, "gitdir"), "utf8").trim())
  )
  return [clone, ...linked.toSorted()]
}

export const branches = (clone: string): ReadonlyArray<string> =>
  git(clone, "for-each-ref", "--format=%(refname:short)", "refs/heads").split("\n")

/** The real services that a workspace layer needs. */
export const surroundings = Layer.merge(NodeExec.layer, NodeContext.layer)

/** Collects the log lines of an effect. */
export const logged = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<[A, ReadonlyArray<string>], E, R> =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      lines.push(`${logLevel.label} ${String(message)}`)
    })
    return Effect.map(effect, (value): [A, ReadonlyArray<string>] => [value, lines]).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
  })
