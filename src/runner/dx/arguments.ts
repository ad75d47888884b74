import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { Provider } from "../../domain/Provider.ts"
import type { JobRequest } from "../DxRunner.ts"

/** `--model`, only where the settings name one: the runner's own choice is the canonical model. */
export const modelOf = (provider: Provider): ReadonlyArray<string> =>
  provider.model === undefined ? [] : ["--model", provider.model]

/**
 * The arguments of `start`: one each for a flag and its value, and the worktree always. It must be there: the runner
 * would take its working directory instead of a missing one, or any repository above the prompt.
 *
 * @param proof what the installed revision knows, when a commit is wanted as proof of work
 */
export const startArguments = (
  fs: FileSystem.FileSystem,
  proof: Effect.Effect<{ readonly requireCommit: boolean }, RunnerFailed> | undefined
) =>
  Effect.fn("dx-runner.startArguments")(function* (
    request: JobRequest
  ): Effect.fn.Return<ReadonlyArray<string>, RunnerFailed> {
    const { beads, provider, prompt, workspace, repo } = request
    const info = yield* Effect.option(fs.stat(workspace.path))
    if (!workspace.path.startsWith("/") || Option.isNone(info) || info.value.type !== "Directory") {
      const detail = `the worktree ${workspace.path} is not an absolute path of a directory`
      return yield* new RunnerFailed({ operation: "start", provider: provider.name, detail, blame: "host" })
    }
    const known = proof !== undefined && (yield* proof).requireCommit
    if (proof !== undefined && !known) {
      yield* Effect.logWarning("this dx-runner cannot ask for a commit as proof of work")
    }
    const flags = {
      "--beads": beads,
      "--provider": provider.name,
      "--prompt-file": prompt.path,
      "--worktree": workspace.path,
      "--repo": repo
    }
    return [
      "start",
      ...Object.entries(flags).flat(),
      ...modelOf(provider),
      ...(known ? ["--require-commit-artifact"] : [])
    ]
  })
