namespace ActorDcp.Group;

/// <summary>A collection or scope as it was written.</summary>
/// <param name="Text">A collection as <c>scope.name</c>, a scope by its name, or either by its number.</param>
/// <param name="Id">Its number, if that was written.</param>
internal sealed record FilterName(string Text, uint? Id = null);
