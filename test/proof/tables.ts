import * as fs from "node:fs"

/** What a line of a table says: this test proves it. */
export interface Row {
  /** What is proven: a task of the specification with its criterion, or a threat. */
  readonly subject: string
  /** The test file, from the root of the project. */
  readonly file: string
  /** A part of the test's full name, from its beginning or not. */
  readonly test: string
}

/** A row of test/spec.md. */
export interface Criterion extends Row {
  /** Its id in the specification, e.g. `bd-XXXX.4.3`. */
  readonly task: string
}

/** A threat of .github/SECURITY.md: what could happen and what stops it. */
export interface Threat {
  readonly text: string
  readonly proofs: ReadonlyArray<Row>
}

const read = (name: string): string => fs.readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")

export const securityPage: string = read(".github/SECURITY.md")

export const criteria: ReadonlyArray<Criterion> = Array.from(
  read("test/spec.md").matchAll(/^- (bd-XXXX\.\d+\.\d+): (.+): `(.+)` "(.+)"$/gm),
  ([, task = "", criterion = "", file = "", test = ""]) => ({
    subject: `${task} ${criterion}`,
    task,
    file: `test/${file}`,
    test
  })
)

const threatOf = (text: string): Threat => ({
  text,
  proofs: Array.from(text.matchAll(/^ {2}- `(.+)` "(.+)"$/gm), ([, file = "", test = ""]) => ({
    subject: `could ${text.slice(0, text.search(/:|$/m))}`,
    file,
    test
  }))
})

export const threats: ReadonlyArray<Threat> = securityPage
  .split(/^- could /m)
  .slice(1)
  .map(threatOf)

export const rows: ReadonlyArray<Row> = [...criteria, ...threats.flatMap(({ proofs }) => proofs)]
