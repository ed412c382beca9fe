using ActorDcp.Protocol;

namespace ActorDcp.Producer.SubDocument;

/// <summary>What an operation may be asked with.</summary>
/// <param name="Flags">Path flags that it takes.</param>
/// <param name="IsMutation">Whether it changes the document.</param>
/// <param name="HasValue">Whether it needs a value; without it has none.</param>
/// <param name="AllowsEmptyPath">Whether the root of the document will do.</param>
/// <param name="IsWholeDocument">Whether it takes no path at all.</param>
internal readonly record struct PathTraits(PathFlags Flags, bool IsMutation, bool HasValue, bool AllowsEmptyPath = false, bool IsWholeDocument = false)
{
    private const PathFlags Lookup = PathFlags.Xattr | PathFlags.Binary;
    private const PathFlags Writing = PathFlags.Xattr | PathFlags.ExpandMacros | PathFlags.Binary;

    public static PathTraits? Of(Opcode opcode) => opcode switch
    {
        Opcode.SubdocGet or Opcode.SubdocExists => new(Lookup, IsMutation: false, HasValue: false),
        Opcode.SubdocGetCount => new(PathFlags.Xattr, IsMutation: false, HasValue: false, AllowsEmptyPath: true),
        Opcode.SubdocDictAdd or Opcode.SubdocDictUpsert => new(Writing | PathFlags.MakeParents, IsMutation: true, HasValue: true),
        Opcode.SubdocArrayPushLast or Opcode.SubdocArrayPushFirst =>
            new(Writing | PathFlags.MakeParents, IsMutation: true, HasValue: true, AllowsEmptyPath: true),
        Opcode.SubdocArrayAddUnique =>
            new(PathFlags.Xattr | PathFlags.MakeParents, IsMutation: true, HasValue: true, AllowsEmptyPath: true),
        Opcode.SubdocReplace or Opcode.SubdocArrayInsert => new(Writing, IsMutation: true, HasValue: true),
        Opcode.SubdocCounter => new(PathFlags.Xattr | PathFlags.MakeParents, IsMutation: true, HasValue: true),
        Opcode.SubdocDelete => new(PathFlags.Xattr, IsMutation: true, HasValue: false),
        Opcode.SubdocReplaceBodyWithXattr => new(PathFlags.Xattr | PathFlags.Binary, IsMutation: true, HasValue: false),
        _ => null,
    };

    /// <summary>As <see cref="Of"/>, with what only a request of several paths may contain.</summary>
    public static PathTraits? OfMulti(Opcode opcode) => opcode switch
    {
        Opcode.Get => new(PathFlags.None, IsMutation: false, HasValue: false, AllowsEmptyPath: true, IsWholeDocument: true),
        Opcode.Set or Opcode.Add => new(PathFlags.None, IsMutation: true, HasValue: true, AllowsEmptyPath: true, IsWholeDocument: true),
        Opcode.Delete => new(PathFlags.None, IsMutation: true, HasValue: false, AllowsEmptyPath: true, IsWholeDocument: true),
        _ => Of(opcode),
    };
}
