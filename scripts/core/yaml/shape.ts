import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Problem } from '../problem.ts'
import { nearest } from './nearest.ts'
import type { Path, YamlFile } from './document.ts'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, verbose: true })
const compiled = new WeakMap<object, ValidateFunction>()

/** Holds a file's data against a JSON schema, one problem an error, each at its place. */
export function checkShape(file: YamlFile, schema: object): Problem[] {
  const { $schema: _, $id: __, ...plain } = schema as Record<string, unknown>
  const validate = compiled.get(schema) ?? ajv.compile(plain)
  compiled.set(schema, validate)
  if (validate(file.data)) return []
  return (validate.errors ?? []).filter(isTelling).map((error) => {
    const path = pathOf(error.instancePath, file.data)
    const { key, message, fix } = say(error, path)
    const place = key === undefined ? file.valueAt(path) : file.keyAt([...path, key])
    return { path: file.path, ...place, message, fix, rule: 'shape' }
  })
}

/** Combining keywords repeat what their branches already said. */
function isTelling({ keyword, propertyName }: ErrorObject): boolean {
  if (propertyName !== undefined && keyword !== 'propertyNames') return false
  return !['if', 'anyOf', 'oneOf', 'allOf', 'not'].includes(keyword)
}

function pathOf(pointer: string, data: unknown): Path {
  let node: unknown = data
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const step = Array.isArray(node) ? Number(part) : part
      node = (node as Record<string, unknown> | null)?.[part]
      return step
    })
}

function say(error: ErrorObject, path: Path): { key?: string; message: string; fix: string } {
  const step = path.findLast((part) => typeof part === 'string') ?? 'the file'
  const name = typeof path.at(-1) === 'number' ? `an item of ${step}` : String(step)
  const { params } = error
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {})
      const meant = nearest(key, known)
      const fix = meant ? `did you mean ${meant}?` : `the keys here are ${known.join(', ')}`
      return { key, message: `${key} is no key of ${name}`, fix }
    }
    case 'propertyNames':
    case 'required': {
      const key = String(params.missingProperty ?? params.propertyName)
      return error.keyword === 'required'
        ? { message: `${name} has no ${key}`, fix: `add ${key}` }
        : {
            key,
            message: `${key} cannot be a key of ${name}`,
            fix: 'write it in the form that its description asks',
          }
    }
    case 'type': {
      const wanted = [params.type].flat().map((type) => kinds[String(type)] ?? String(type))
      return { message: `${name} is ${kindOf(error.data)}`, fix: `write ${wanted.join(' or ')}` }
    }
    case 'enum':
    case 'const': {
      const allowed = ((params.allowedValues as unknown[]) ?? [params.allowedValue]).map(String)
      const meant = nearest(String(error.data), allowed)
      const fix = meant ? `did you mean ${meant}?` : `write one of ${allowed.join(', ')}`
      return { message: `${name} does not take "${String(error.data)}"`, fix }
    }
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return {
        message: `${name} is ${error.keyword === 'minLength' ? 'too short' : 'empty'}`,
        fix: `give it at least ${String(params.limit)}`,
      }
    case 'maxLength':
      return {
        message: `${name} is longer than ${String(params.limit)} characters`,
        fix: 'shorten it',
      }
    case 'pattern':
    case 'format': {
      const description = (error.parentSchema as { description?: string }).description
      const fix = description
        ? `it is meant as: ${description.split('. ')[0]}`
        : 'write it otherwise'
      return { message: `${name} does not take ${JSON.stringify(error.data)}`, fix }
    }
    default:
      return {
        message: `${name} ${error.message ?? 'is not as the schema says'}`,
        fix: 'see the schema',
      }
  }
}

const kinds: Record<string, string> = {
  string: 'text',
  array: 'a list',
  object: 'keys with values',
}

function kindOf(data: unknown): string {
  if (Array.isArray(data)) return 'a list'
  if (data === null || data === undefined) return 'nothing'
  return typeof data === 'object' ? 'a set of keys' : `the ${typeof data} ${JSON.stringify(data)}`
}
