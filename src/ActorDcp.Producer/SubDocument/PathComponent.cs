namespace ActorDcp.Producer.SubDocument;

/// <summary>One step of a path: a key of an object, or a place in an array.</summary>
/// <param name="Text">The key as it is; null for a place in an array.</param>
/// <param name="Json">The key as it is written between quotes.</param>
/// <param name="Index">The place; -1 for the last.</param>
internal readonly record struct PathComponent(byte[]? Text, byte[] Json, int Index)
{
    public bool IsIndex => Text is null;
}
