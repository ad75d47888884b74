export { nothingLeft as assertNothingLeft } from "../../src/testing/index.ts"
