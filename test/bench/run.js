// Runs the benchmarks that are named, or all, on what is built now. None is a test: compare what one run prints, not two runs.
//
//   npm run bench
//   npm run bench -- dispatch --trace
//   npm run bench -- plan 1000 10000
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"

const say = (text) => process.stdout.write(`${text}\n`)
const ALL = ["startup", "dispatch", "plan", "journal", "status", "watcher", "library", "fleet"]

const [name, ...args] = process.argv.slice(2)
if (name !== undefined && !ALL.includes(name)) {
  process.stderr.write(`there is no benchmark ${name}; it is one of ${ALL.join(", ")}\n`)
  process.exit(2)
}

const [cpu] = os.cpus()
say(
  `${os.cpus().length} × ${cpu?.model.trim()}, ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB, ${os.type()} ${os.release()}, Node ${process.version}`
)

for (const each of name === undefined ? ALL : [name]) {
  say(`\n== ${each}`)
  const outfile = `dist/bench/${each}.mjs`
  await build({
    // What is bundled of CommonJS asks for Node's modules by this.
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` },
    bundle: true,
    entryPoints: [`test/bench/${each}.ts`],
    external: ["@libsql/client", "esbuild", "libsql"],
    format: "esm",
    logLevel: "warning",
    outfile,
    platform: "node",
    target: "node20"
  })
  try {
    execFileSync(process.execPath, [outfile, ...args], { stdio: "inherit" })
  } finally {
    fs.rmSync("dist/bench", { recursive: true })
  }
}
