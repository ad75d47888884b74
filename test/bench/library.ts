// Prints what an import of the library costs: the CPU time beside that of bare Node and of effect's own modules, and the sizes of
// programs that are bundled with it. Needs `npm run build`.
//
//   npm run bench -- library
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

const TIMES = 15
const LIBRARY = path.resolve("dist/lib")
/** Prints the CPU time of the process on stderr when it ends, in microseconds. */
const METER = `data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>{const{user,system}=process.cpuUsage();writeSync(2,"cpu="+(user+system)+"\\n")})`

const say = (text: string) => process.stdout.write(`${text}\n`)
const median = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

/** The CPU time of a program with this source, in milliseconds. */
const cpuOf = (source: string): number => {
  const { stderr } = spawnSync(process.execPath, ["--import", METER, "--input-type=module", "-e", source], {
    encoding: "utf8"
  })
  const found = /cpu=(\d+)\n$/.exec(stderr)
  if (found === null) throw new Error(stderr)
  return Number(found[1]) / 1000
}

/** The modules of effect that the library imports when it is loaded. */
const modulesOfEffect = (): ReadonlyArray<string> => {
  const files = new Set(["index.js"])
  const modules = new Set<string>()
  for (const name of files) {
    const text = fs.readFileSync(path.join(LIBRARY, name), "utf8")
    for (const [, to = ""] of text.matchAll(/^(?:import|export|\}) ?[^;(]*?"([^"]+)";$/gm)) {
      if (to.startsWith(".")) files.add(path.join(path.dirname(name), to))
      else if (to.startsWith("effect/")) modules.add(to)
    }
  }
  return [...modules]
}

/** Kilobytes of a program with this source, bundled with all that it needs and minified. */
const sizeOf = async (source: string): Promise<number> => {
  const stdin = { contents: source, resolveDir: "." }
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    external: ["libsql"],
    format: "esm",
    logLevel: "error",
    minify: true,
    platform: "node",
    write: false
  })
  return outputFiles.reduce((bytes, { contents }) => bytes + contents.length, 0) / 1000
}

const IMPORTS = {
  "bare Node": "0",
  "effect's Effect, Layer, Schema": ["Effect", "Layer", "Schema"].map((name) => `import "effect/${name}"`).join(";"),
  "effect's modules that the library uses": modulesOfEffect()
    .map((name) => `import "${name}"`)
    .join(";"),
  "all of effect": `import "effect"`,
  "the library": `import "nightly-dispatch"`
}

say(`Node ${process.version}, ${os.cpus().length} × ${os.cpus()[0]?.model}, median of ${TIMES}\n`)
// They take turns, so that what else the machine does falls on all alike.
const times = Array.from({ length: TIMES }, () => Object.values(IMPORTS).map(cpuOf))
const medians = Object.keys(IMPORTS).map((name, n) => [name, median(times.map((round) => round[n] ?? 0))] as const)
for (const [name, time] of medians) {
  say(
    `${name.padEnd(40)} ${time.toFixed(0).padStart(5)} ms  ${(time / (medians[0]?.[1] ?? 1)).toFixed(1).padStart(5)} × node`
  )
}

say("")
for (const name of ["BeadsId", "Settings", "nightlyRun", "layer"]) {
  const size = await sizeOf(`import { ${name} } from "nightly-dispatch"; console.log(${name})`)
  say(`a program with ${name.padEnd(25)} ${size.toFixed(0).padStart(5)} kB minified, effect included`)
}
