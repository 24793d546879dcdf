// Compiles the programs in good/ and the examples of the README, which must compile, and those in bad/, of which each
// line that says `// error TSnnnn` must fail with that error, and no other line may.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const bad = join(here, 'bad');

writeExamples(join(here, '../../README.md'), join(here, 'readme/examples'));
// The second project resolves modules as bundlers do, and is stricter.
const found = ['tsconfig.json', 'tsconfig.bundler.json'].map(errorsOfCompiler);
const expected = readdirSync(bad).flatMap((name) => announcedErrors(join(bad, name)));
const problems = [
  ...found.flat().filter((error) => !expected.includes(error)).map((error) => `must compile: ${error}`),
  ...expected
    .filter((error) => !found.every((errors) => errors.includes(error)))
    .map((error) => `must not compile: ${error}`),
];
for (const problem of problems) console.error(problem);
console.log(`${expected.length} mistakes must be errors of the compiler; ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Returns the errors of the compiler, as `path:line code`. */
function errorsOfCompiler(project) {
  const { stdout, stderr, error } = spawnSync('tsc', ['--project', join(here, project)], { encoding: 'utf8' });
  if (error) throw error;
  const lines = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.includes(' error ') || line.startsWith('error '));
  return lines.map((line) => {
    const [, path, number, code] = /^(.+)\((\d+),\d+\): error (TS\d+)/.exec(line) ?? [];
    return path === undefined ? line : `${resolve(path)}:${number} ${code}`;
  });
}

/** Returns the errors that a program announces. */
function announcedErrors(program) {
  const lines = readFileSync(program, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const [, code] = /\/\/ error (TS\d+)$/.exec(line) ?? [];
    return code === undefined ? [] : [`${program}:${index + 1} ${code}`];
  });
}

/** Writes the examples of a text in Markdown into a directory, each as a module of its own. */
function writeExamples(text, directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const examples = [...readFileSync(text, 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm)];
  if (examples.length === 0) throw new Error(`there are no examples in ${text}`);
  examples.forEach(([, example], index) => {
    writeFileSync(join(directory, `example-${index + 1}.ts`), `${example}\nexport {};\n`);
  });
}
