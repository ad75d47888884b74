import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { Exec } from "../../exec/Exec.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { cronVariables } from "../cron/variables.ts"
import { crontabLine, NIGHTLY, wrapperScript } from "../cron/text.ts"
import { root } from "../root.ts"
import { printResult, load } from "../session.ts"
import type { LoadedSettings } from "../settings/load.ts"
import { Terminal } from "../terminal/Terminal.ts"

/** Beside the tracker, the runner and git: what the runner and the providers' adapters look for on PATH. */
const TOOLS = ["git", "bash", "mise", "opencode", "claude", "gemini"]

/** Where the run starts, so that a repository that was never named is found again. */
const directoryOf = ({ settings: { repo, repoPath } }: LoadedSettings, cwd: string, home: string | undefined): string =>
  repoPath ?? (repo === undefined || home === undefined ? cwd : `${home}/${repo}`)

const wrapper = Command.make("wrapper", {}, () =>
  Effect.gen(function* () {
    const [terminal, exec, path] = yield* Effect.all([Terminal, Exec, Path.Path])
    const loaded = yield* load(yield* root, {})
    const { beads, runner } = loaded.settings
    const found = yield* Effect.forEach([beads.path, runner.path ?? "dx-runner", ...TOOLS], exec.which)
    const script = wrapperScript({
      node: terminal.node,
      program: terminal.program,
      path: found.flatMap((tool) => (tool === undefined ? [] : [path.dirname(tool)])),
      directory: directoryOf(loaded, terminal.cwd, terminal.home),
      variables: cronVariables(loaded)
    })
    yield* printResult(EXIT.ok, script.trimEnd())
  }).pipe(Effect.provide(NodeExec.layer))
).pipe(Command.withDescription("Print the script that cron starts; save it as dx-nightly-dispatcher.sh, executable"))

const line = (pattern: RegExp, expected: string) =>
  Schema.String.pipe(Schema.pattern(pattern, { message: () => `expected ${expected}` }))

const print = Command.make(
  "print",
  {
    schedule: Options.text("schedule").pipe(
      Options.withSchema(line(/^(@[a-z]+|[\w*/,-]+( [\w*/,-]+){4})$/, "five fields, like 0 6-13 * * *")),
      Options.withDefault(NIGHTLY),
      Options.withDescription("When it runs, as crontab(5) has it")
    ),
    script: Options.text("script").pipe(
      Options.withSchema(line(/^[^\n\r\0]+$/, "a path on one line")),
      Options.optional,
      Options.withDescription("Where the wrapper script was saved; else beside the job wrapper, else in ~/.local/bin")
    )
  },
  ({ schedule, script }) =>
    Effect.gen(function* () {
      const [terminal, exec, path, files] = yield* Effect.all([Terminal, Exec, Path.Path, FileSystem.FileSystem])
      const home = terminal.home ?? terminal.cwd
      const isThere = (file: string) => Effect.orElseSucceed(files.exists(file), () => false)
      const scripts = path.join(home, "agent-skills", "scripts")
      const jobWrapper = path.join(scripts, "dx-job-wrapper.sh")
      const isFleet = yield* isThere(jobWrapper)
      const saved = path.join(isFleet ? scripts : path.join(home, ".local", "bin"), "dx-nightly-dispatcher.sh")
      const logs = path.join(home, "logs", "dx")
      const text = crontabLine({
        schedule,
        bash: (yield* exec.which("bash")) ?? "/bin/bash",
        jobWrapper: isFleet ? jobWrapper : undefined,
        script: path.resolve(
          terminal.cwd,
          Option.getOrElse(script, () => saved)
        ),
        log: path.join(logs, "nightly-dispatch.log"),
        logDirectoryExists: yield* isThere(logs)
      })
      yield* printResult(EXIT.ok, text)
    }).pipe(Effect.provide(NodeExec.layer))
).pipe(Command.withDescription("Print the crontab line"))

export const cronCommand = Command.make("cron").pipe(
  Command.withDescription("What cron needs to start the nightly run"),
  Command.withSubcommands([print, wrapper])
)
