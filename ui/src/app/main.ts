import '$shared/styles/base.css';
import './begin/begin.css';
import { connect } from '$backend/index';
import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './state/app.svelte';

// Not awaited at the top level: files that are loaded later may need something of this one, and would wait for it.
async function start(target: HTMLElement): Promise<void> {
  await app.start(await connect());
  const { dataset } = document.documentElement;
  if (dataset.begin) dataset.began = '';
  mount(App, { target });
  // What was drawn before is over: the real one is there, in the same frame.
  document.getElementById('begin')?.remove();
  delete dataset.begin;
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
void start(target);
