using System.Text.Json;
using ActorDcp.Producer.Storage;

namespace ActorDcp.Producer.Collections;

/// <summary>The manifest in a data folder: one small file, replaced whole, durable when a change returns.</summary>
internal sealed class ManifestFile(string directory)
{
    private const string Name = "manifest.json";
    private string Path => System.IO.Path.Combine(directory, Name);

    /// <summary>What the folder holds; null when no scope or collection was ever made.</summary>
    /// <exception cref="IOException">The file is damaged.</exception>
    public ManifestState? Read()
    {
        if (SummedFile.Read(Path) is not { } text)
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new ManifestState(
                ManifestJson.Read(root), root.GetProperty("next_scope").GetUInt32(), root.GetProperty("next_collection").GetUInt32());
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new IOException($"'{Path}' is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>Checks what the folder holds against what vbuckets have been told.</summary>
    /// <exception cref="IOException">The file is missing, or older than they are.</exception>
    public void RequireNotOlder(ulong uid, ulong told)
    {
        if (told > uid)
            throw new IOException($"'{Path}' is {(File.Exists(Path) ? $"of manifest {uid:x}" : "missing")}, but documents were stored under manifest {told:x}: "
                + "bring the folder back from a copy");
    }

    /// <exception cref="IOException">It cannot be written; the old one stays.</exception>
    public void Write(ManifestState state)
    {
        Directory.CreateDirectory(directory);
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            ManifestJson.WriteManifest(json, state.Manifest);
            json.WriteNumber("next_scope", state.NextScope);
            json.WriteNumber("next_collection", state.NextCollection);
            json.WriteEndObject();
        }
        SummedFile.Write(Path, text.ToArray());
    }
}
