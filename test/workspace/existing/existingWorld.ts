import * as NodeContext from "@effect/platform-node/NodeContext"
import { Duration, Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { makeFetching } from "../../../src/workspace/git/base.ts"
import { ExistingWork, type SoughtBug } from "../../../src/workspace/ExistingWork.ts"
import * as GitExistingWork from "../../../src/workspace/existing/GitExistingWork.ts"
import { git, type World } from "../repositories.ts"

export const bug = (id: string, changes: Partial<SoughtBug> = {}): SoughtBug => ({
  id: BeadsId.make(id),
  createdAt: 0,
  hadJob: false,
  ...changes
})

/** Commits a file in a clone, at this time in seconds since the epoch. Gives the short id of the commit. */
export const committed = (clone: string, message: string, file = "src/parser.js", at?: number): string => {
  const target = path.join(clone, file)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.appendFileSync(target, `${message}\n`)
  git(clone, "add", "--all")
  const when = at === undefined ? [] : [`GIT_COMMITTER_DATE=${at} +0000`]
  const quoted = `'${message.replaceAll("'", "'\\''")}'`
  git(clone, "-c", `alias.at=!env ${when.map((each) => `'${each}'`).join(" ")} git commit --quiet -m ${quoted}`, "at")
  return git(clone, "rev-parse", "--short=7", "HEAD")
}

/** The layer, with these directories in front of PATH. `fetches`: it fetches the base. */
export const layerIn = (options: { readonly base?: string; readonly bin?: string; readonly fetches?: boolean } = {}) =>
  Layer.unwrapEffect(
    Effect.map(makeFetching(Duration.seconds(20)), (fetching) =>
      GitExistingWork.layer({
        base: options.base,
        timeout: Duration.seconds(20),
        allowFilters: [],
        fetching: options.fetches === true ? fetching : undefined
      })
    )
  ).pipe(
    Layer.provide(
      Layer.merge(
        NodeExec.layerWith({
          environment: {
            ...process.env,
            PATH: `${options.bin ?? "/nonexistent"}:${process.env["PATH"]}`,
            GH_REPO: "a/b"
          }
        }),
        NodeContext.layer
      )
    )
  )

/** What is found for these bugs: the place of each work, by bug. */
export const found = (
  { repository }: Pick<World, "repository">,
  bugs: ReadonlyArray<SoughtBug>,
  options: Parameters<typeof layerIn>[0] = {}
) =>
  Effect.flatMap(ExistingWork, ({ find }) => find(bugs, repository)).pipe(
    Effect.provide(layerIn(options)),
    Effect.map((all) => Object.fromEntries([...all].map(([id, work]) => [id, work.map(({ place }) => place)])))
  )

/** A directory with a `gh` that is this shell script; it notes its arguments and some variables in the file `calls`. */
export const fakeGh = (base: string, script: string) => {
  const bin = path.join(base, "bin")
  const calls = path.join(base, "calls")
  const note = `printf '%s|%s|%s|%s\\n' "$*" "$GH_PROMPT_DISABLED" "\${GH_REPO-none}" "$PWD" >>'${calls}'`
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, "gh"), `#!/bin/sh\n${note}\n${script}\n`, { mode: 0o755 })
  return { bin, calls: () => (fs.existsSync(calls) ? fs.readFileSync(calls, "utf8").trim().split("\n") : []) }
}
