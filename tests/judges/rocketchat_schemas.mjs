// Which of the vendor's schemas is for what. A request is judged by what `@rocket.chat/rest-typings` exports for its
// route, a document in an answer by a schema of `@rocket.chat/core-typings`.

/** By route: validators of which one must pass; of a list in a list, all. */
export const REQUESTS = {
  'GET channels.history': ['isChannelsHistoryProps'],
  'GET chat.getMessage': ['isChatGetMessageProps'],
  'GET chat.syncMessages': ['isChatSyncMessagesProps'],
  'GET groups.history': ['isGroupsHistoryProps'],
  'GET im.history': ['isDmHistoryProps'],
  'GET licenses.info': ['isLicensesInfoProps'],
  'GET roles.getUsersInRole': ['isRolesGetUsersInRoleProps'],
  'GET rooms.info': ['isRoomsInfoProps'],
  'GET settings': ['isSettingsGetParams'],
  'GET settings.public': ['isSettingsPublicWithPaginationProps'],
  'GET subscriptions.get': ['isSubscriptionsGetProps'],
  'GET subscriptions.getOne': ['isSubscriptionsGetOneProps'],
  'GET users.info': ['isUsersInfoParamsGetProps'],
  'GET users.list': ['isUsersListParamsGET'],
  'POST chat.sendMessage': ['isChatSendMessageProps'],
  'POST chat.update': ['isChatUpdateProps'],
  'POST im.create': ['isDmCreateProps'],
  'POST login': ['isLoginProps'],
  'POST method.call/:method': ['isMeteorCall'],
  'POST method.callAnon/:method': ['isMeteorCall'],
  'POST settings': ['isSettingsBulkProps'],
  'POST settings/:_id': ['isSettingsUpdatePropDefault', 'isSettingsUpdatePropsActions', 'isSettingsUpdatePropsColor'],
};

/** What stands as JSON text in the field `message` of these, and the validator for it. */
export const INNER = {
  'POST method.call/:method': 'isMethodCallProps',
  'POST method.callAnon/:method': 'isMethodCallAnonProps',
};

/** By route: where in a good answer there are documents, and of which kind. `[]` goes through a list, and
 * nothing means that the answer itself is the document. */
export const DOCUMENTS = {
  'GET channels.history': { 'messages[]': 'IMessage' },
  'GET channels.info': { channel: 'IRoom' },
  'GET channels.list': { 'channels[]': 'IRoom' },
  'GET channels.members': { 'members[]': 'IUser' },
  'GET chat.getMessage': { message: 'IMessage' },
  'GET chat.getThreadMessages': { 'messages[]': 'IMessage' },
  'GET chat.syncMessages': { 'result.updated[]': 'IMessage' },
  'GET dm.history': { 'messages[]': 'IMessage' },
  'GET dm.list': { 'ims[]': 'IRoom' },
  'GET dm.members': { 'members[]': 'IUser' },
  'GET groups.history': { 'messages[]': 'IMessage' },
  'GET groups.info': { group: 'IRoom' },
  'GET groups.list': { 'groups[]': 'IRoom' },
  'GET groups.members': { 'members[]': 'IUser' },
  'GET im.history': { 'messages[]': 'IMessage' },
  'GET im.list': { 'ims[]': 'IRoom' },
  'GET im.members': { 'members[]': 'IUser' },
  'GET me': { '': 'IMeApiUser' },
  'GET permissions.listAll': { 'update[]': 'IPermission' },
  'GET roles.getUsersInRole': { 'users[]': 'IUser' },
  'GET roles.list': { 'roles[]': 'IRole' },
  'GET rooms.get': { 'update[]': 'IRoom' },
  'GET rooms.info': { room: 'IRoom' },
  'GET subscriptions.get': { 'update[]': 'ISubscription' },
  'GET subscriptions.getOne': { subscription: 'ISubscription' },
  'GET users.info': { user: 'IUser' },
  'GET users.list': { 'users[]': 'IUser' },
  'GET users.presence': { 'users[]': 'IUser' },
  'POST channels.create': { channel: 'IRoom' },
  'POST channels.invite': { channel: 'IRoom' },
  'POST channels.join': { channel: 'IRoom' },
  'POST channels.kick': { channel: 'IRoom' },
  'POST chat.pinMessage': { message: 'IMessage' },
  'POST chat.postMessage': { message: 'IMessage' },
  'POST chat.sendMessage': { message: 'IMessage' },
  'POST chat.update': { message: 'IMessage' },
  'POST dm.create': { room: 'IRoom' },
  'POST groups.create': { group: 'IRoom' },
  'POST groups.invite': { group: 'IRoom' },
  'POST im.create': { room: 'IRoom' },
  'POST login': { 'data.me': 'IMeApiUser' },
  'POST roles.addUserToRole': { role: 'IRole' },
  'POST roles.removeUserFromRole': { role: 'IRole' },
  'POST users.create': { user: 'IUser' },
  'POST users.update': { user: 'IUser' },
};

/** Routes that show some fields of a kind only (facts/rocketchat.md §6). */
export const PARTLY = new Set(['GET users.list']);

/** By status: the validator for the body of a refusal. */
export const REFUSALS = {
  400: 'validateBadRequestErrorResponse',
  401: 'validateUnauthorizedErrorResponse',
  403: 'validateForbiddenErrorResponse',
  404: 'validateNotFoundErrorResponse',
};

/** Where the facts know more than the package, they win: fields of a kind of document, or of what one route answers. */
export const BEYOND = {
  // facts/rocketchat.md §5.4. For the first two the package has a type, but no schema.
  // The last one no server has: tests lay it on a message, as the field of a later version.
  IMessage: ['editedAt', 'editedBy', 'parseUrls', 'writtenBy'],
  'POST im.create': ['rid'], // facts/rocketchat.md §6
  'POST dm.create': ['rid'],
  'POST login': ['details'], // facts/rocketchat.md §1.3
  'POST method.call/:method': ['message'], // facts/rocketchat.md §1.7
  'POST method.callAnon/:method': ['message'],
};
