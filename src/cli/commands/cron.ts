import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Layer, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { Exec } from "../../exec/Exec.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { namedClone } from "../../locate.ts"
import { ThisProcess } from "../../surroundings.ts"
import { crontabLine, NIGHTLY, wrapperScript } from "../cron/text.ts"
import { cronVariables } from "../cron/variables.ts"
import * as Configuration from "../Configuration.ts"
import { printResult } from "../terminal/Streams.ts"

/** Tools that dx-runner and the providers' adapters look for on PATH, besides tracker and runner. */
const TOOLS = ["git", "bash", "mise", "opencode", "claude", "gemini"]

const wrapper = Command.make("wrapper", {}, () =>
  Effect.gen(function* () {
    const [process, exec, path] = yield* Effect.all([ThisProcess, Exec, Path.Path])
    const loaded = yield* Configuration.Configuration
    const { beads, runner } = loaded.settings
    const found = yield* Effect.forEach([beads.path, runner.path ?? "dx-runner", ...TOOLS], exec.which)
    const script = wrapperScript({
      node: process.node,
      program: process.program,
      path: found.flatMap((tool) => (tool === undefined ? [] : [path.dirname(tool)])),
      directory: namedClone(loaded.settings, process) ?? process.cwd,
      variables: cronVariables(loaded)
    })
    return yield* printResult(EXIT.ok, script.trimEnd())
  })
).pipe(
  Command.withDescription("Print the script that cron starts; save it as dx-nightly-dispatcher.sh, executable"),
  Command.provide(Layer.merge(Configuration.layer(), NodeExec.layer))
)

const line = (pattern: RegExp, expected: string) =>
  Schema.String.pipe(Schema.pattern(pattern, { message: () => `expected ${expected}` }))

const printOptions = {
  schedule: Options.text("schedule").pipe(
    Options.withPseudoName("fields"),
    Options.withSchema(line(/^(@[a-z]+|[\w*/,-]+( [\w*/,-]+){4})$/, "five fields, like 0 6-13 * * *")),
    Options.withDefault(NIGHTLY),
    Options.withDescription("When the run starts, as crontab(5) has it")
  ),
  script: Options.text("script").pipe(
    Options.withPseudoName("file"),
    Options.withSchema(line(/^[^\n\r\0]+$/, "a path on one line")),
    Options.optional,
    Options.withDescription("Where the wrapper script was saved; else beside the job wrapper, else in ~/.local/bin")
  )
}

const print = Command.make("print", printOptions, ({ schedule, script }) =>
  Effect.gen(function* () {
    const [process, exec, path, files] = yield* Effect.all([ThisProcess, Exec, Path.Path, FileSystem.FileSystem])
    const home = process.home ?? process.cwd
    const exists = (file: string) => Effect.orElseSucceed(files.exists(file), () => false)
    const scripts = path.join(home, "agent-skills", "scripts")
    const jobWrapper = path.join(scripts, "dx-job-wrapper.sh")
    const isFleet = yield* exists(jobWrapper)
    const saved = path.join(isFleet ? scripts : path.join(home, ".local", "bin"), "dx-nightly-dispatcher.sh")
    const logs = path.join(home, "logs", "dx")
    const text = crontabLine({
      schedule,
      bash: (yield* exec.which("bash")) ?? "/bin/bash",
      jobWrapper: isFleet ? jobWrapper : undefined,
      script: path.resolve(
        process.cwd,
        Option.getOrElse(script, () => saved)
      ),
      log: path.join(logs, "nightly-dispatch.log"),
      logDirectoryExists: yield* exists(logs)
    })
    return yield* printResult(EXIT.ok, text)
  })
).pipe(Command.withDescription("Print the crontab line"), Command.provide(NodeExec.layer))

export const cronCommand = Command.make("cron").pipe(
  Command.withDescription("The crontab line, and the script that it starts"),
  Command.withSubcommands([print, wrapper])
)
