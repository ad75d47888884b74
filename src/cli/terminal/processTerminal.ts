import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Terminal } from "./Terminal.ts"

const hasColor = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

/** The program itself, not the link that npm made to it. */
const program = (): string => fs.realpathSync(path.resolve(process.argv[1] ?? ""))

/** This process. A reader of our output that has gone away (`| head`) is no reason to die with work half done. */
export const layer: Layer.Layer<Terminal> = Layer.sync(Terminal, () => {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined)
  return {
    out: (text) =>
      Effect.async<void>((resume) => {
        process.stdout.write(text, () => resume(Effect.void))
      }),
    err: (text) => {
      process.stderr.write(text)
    },
    outColor: hasColor(process.stdout),
    errColor: hasColor(process.stderr),
    live: process.stderr.isTTY === true && process.env["TERM"] !== "dumb",
    columns: () => process.stderr.columns ?? 80,
    environment: process.env,
    cwd: process.cwd(),
    home: process.env["HOME"] === undefined || process.env["HOME"] === "" ? os.userInfo().homedir : process.env["HOME"],
    tempDir: os.tmpdir(),
    host: os.hostname(),
    node: process.execPath,
    program: program()
  }
})
