using ActorDcp.Handlers.JsonLines;

namespace ActorDcp.Handlers;

/// <summary>The handlers that need no code.</summary>
internal static class BuiltInHandlers
{
    /// <summary>Counts (<see cref="CountHandler.TypeName"/>).</summary>
    /// <param name="counts">What all vbuckets of the member add to.</param>
    public static DcpHandlerProps Count(HandlerCounts counts) => DcpHandlerProps.FromHandler(_ => new CountHandler(counts));

    /// <summary>Writes lines of JSON (<see cref="JsonLinesHandler.TypeName"/>).</summary>
    /// <param name="files">Closes the files at the end.</param>
    /// <param name="path">The file; <c>{member}</c> in it stands for the member's name.</param>
    /// <param name="values">Whether documents' bodies are written too.</param>
    /// <param name="time">The clock.</param>
    public static DcpHandlerProps JsonLines(JsonLinesFiles files, string path, bool values, TimeProvider time) =>
        DcpHandlerProps.FromHandler(assignment =>
            new JsonLinesHandler(files.Open(path, assignment.Member), assignment.Member, values, time));
}
