import '$shared/styles/base.css';
import { connect } from '$backend/index';
import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './state/app.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

await app.start(await connect());
mount(App, { target });
