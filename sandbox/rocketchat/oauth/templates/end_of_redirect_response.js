'use strict';
(function () {
  const config = JSON.parse(document.getElementById('config').textContent);
  if (config.setCredentialToken) {
    sessionStorage.setItem(config.storagePrefix + config.credentialToken, config.credentialSecret);
  }
  window.location = config.redirectUrl;
})();
