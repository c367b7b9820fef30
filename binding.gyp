{
  # The entry for tools that expect a binding.gyp. The build itself is CMake's: see scripts/bootstrap.mjs.
  'targets': [
    {
      'target_name': 'consomme',
      'type': 'none',
      'actions': [
        {
          'action_name': 'bootstrap',
          'inputs': ['package.json'],
          'outputs': ['build/release/consomme.node'],
          'action': ['node', 'scripts/bootstrap.mjs'],
        },
      ],
    },
  ],
}
