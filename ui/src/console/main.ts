import { mount } from 'svelte';
import { useLanguage } from '$shared/texts/texts.svelte';
import Console from './Console.svelte';
import { preferences } from './state/preferences.svelte';
import { SOURCES } from './texts';
import './styles/console.css';

const target = document.getElementById('console');
if (target !== null) {
  // Texts first: a page without words is nothing to look at.
  void useLanguage(preferences.language, SOURCES).then(() => mount(Console, { target }));
}
