import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestClock } from '../../../tests/support/clock.ts';
