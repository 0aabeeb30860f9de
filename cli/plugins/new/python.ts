import type { Template } from './template.ts';

/** Python: public functions are actions; arguments come by keyword or by position, as the task gives them. */
export const pythonTemplate: Template = {
  entry: 'main.py',
  byPosition: false,
  files: () => ({
    'main.py': `"""Greets somebody. What is printed can be followed live; what is returned is the result."""


def main(name="world"):
    greeting = "Hello, " + name
    print(greeting)
    return {"status": "success", "message": "Greeted %s." % name, "data": {"greeting": greeting}}
`,
    'main.test.py': `import unittest

from main import main


class Greeting(unittest.TestCase):
    def test_it_greets_whom_it_is_told_to(self):
        result = main(name="Ada")
        self.assertEqual(result["status"], "success")
        self.assertEqual(result["data"], {"greeting": "Hello, Ada"})


if __name__ == "__main__":
    unittest.main()
`,
  }),
  further: `
Modules beside \`main.py\` are imported as usual; \`npx muster plugins vendor\` fetches what a \`requirements.txt\` names.
`,
};
