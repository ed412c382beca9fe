using System.Text.Json;

namespace ActorDcp.NodeSdk.Tests;

/// <summary>The newest change of every document, as the lines of a drain tell it, by scope, collection and key.</summary>
internal static class DrainedState
{
    public static Dictionary<string, JsonElement> Read(string file)
    {
        var scopes = new Dictionary<int, string> { [0] = "_default" };
        var collections = new Dictionary<int, string> { [0] = "_default._default" };
        var newest = new Dictionary<(int Collection, string Key), JsonElement>();
        foreach (var line in File.ReadLines(file).Select(text => JsonSerializer.Deserialize<JsonElement>(text)))
            switch (line.GetProperty("type").GetString())
            {
                case "system_event":
                    Follow(line, scopes, collections);
                    break;
                case "mutation" or "deletion" or "expiration":
                    newest[(line.GetProperty("cid").GetInt32(), line.GetProperty("key").GetString()!)] = line;
                    break;
            }
        return newest.Where(pair => collections.ContainsKey(pair.Key.Collection))
            .ToDictionary(pair => $"{collections[pair.Key.Collection]} {pair.Key.Key}", pair => pair.Value);
    }

    /// <summary>Every vbucket tells the same events; the end of a collection is told last by each.</summary>
    private static void Follow(JsonElement line, Dictionary<int, string> scopes, Dictionary<int, string> collections)
    {
        var scope = line.GetProperty("scope").GetInt32();
        switch (line.GetProperty("event").GetString())
        {
            case "scope_create":
                scopes[scope] = line.GetProperty("name").GetString()!;
                break;
            case "collection_begin":
                collections[line.GetProperty("cid").GetInt32()] = $"{scopes[scope]}.{line.GetProperty("name").GetString()}";
                break;
            case "collection_end":
                collections.Remove(line.GetProperty("cid").GetInt32());
                break;
        }
    }
}
